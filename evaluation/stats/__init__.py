"""Plain functions of arrays: how good a version is, and how two of them compare."""
