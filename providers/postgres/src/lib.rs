//! PostgreSQL provider.
