"""Four request IDs of the demo that never change, for first pages and documents. Costs nothing to import."""

EXAMPLE_IDS = {
    "chat": "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
    "kept": "G-01M0N8A1Q8SEATSNXT14A2B3C4",
    "failed": "G-01M0N8D8ZGR5N8V3B2C1D0E9F8",
    "legacy": "G-01KQXWAW8GC2W5QAV9YJQW3Q7B",
}
