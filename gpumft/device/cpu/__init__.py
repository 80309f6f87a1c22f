"""The CPU engine: row functions that Numba compiles, over bands of rows in threads."""
