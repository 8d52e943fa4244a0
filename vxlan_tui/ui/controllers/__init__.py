"""What the wizard does: a controller holds the model, reaches hosts by the engine, asks and tells by the shell."""
