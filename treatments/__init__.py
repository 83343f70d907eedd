"""Care: courses and maintenance, the pages that need every app, and the demo clinic."""
