"""What is evaluated, and the facts: folder, periods, working days, entities, ledgers."""
