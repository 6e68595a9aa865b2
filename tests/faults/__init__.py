"""`make faults`: every fault that has been tried on Retake, against real processes, with proof that it took effect."""
