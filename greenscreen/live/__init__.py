"""The command `run`: frames held to their time go round the loop until somebody ends it."""
