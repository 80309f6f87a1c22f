"""Does a test notice when a constant is wrong? See docs/mutation.md."""
