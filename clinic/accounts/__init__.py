"""How allauth works here: adapters, forms' hooks and what follows a sign-in."""
