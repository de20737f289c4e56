"""The PostgreSQL store: any number of collectors over one database."""
