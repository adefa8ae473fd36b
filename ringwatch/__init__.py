"""The public face for notebooks: `import ringwatch as rw`."""
