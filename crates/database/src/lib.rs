//! The database of a run: a throwaway PostgreSQL that demands what Neon demands, and is gone afterwards.
