"""Video files through PyAV: the only place of the package that imports it."""
