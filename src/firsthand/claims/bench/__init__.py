"""Tasks that several papers measure alike."""
