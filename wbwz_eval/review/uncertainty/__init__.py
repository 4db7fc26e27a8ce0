"""How sure places and grades are under the declared choices, and what moves them."""
