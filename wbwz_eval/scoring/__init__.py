"""Facts to scores: methodology, measures, rules, aggregation and what follows the total."""
