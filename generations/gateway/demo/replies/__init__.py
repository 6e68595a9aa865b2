"""What is answered to a POST: texts, bodies and streams of each protocol."""
