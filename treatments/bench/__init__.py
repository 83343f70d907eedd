"""The benchmark behind `make bench`: its parts, one file each. See docs/performance.md."""
