"""From module text to self-contained functions with good inputs; runs in a child of the sandbox."""
