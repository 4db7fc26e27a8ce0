"""What is evaluated, and the facts: campaign folder, periods, working days, entities and ledgers."""
