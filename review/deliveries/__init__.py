"""Lists that leave the house: proposed, approved, sent, acknowledged, and taken back."""
