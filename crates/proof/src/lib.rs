//! A report becomes a statement that can be signed and attached to an image, and is read back and judged.
