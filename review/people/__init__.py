"""Who may use a store, and what each may do there."""
