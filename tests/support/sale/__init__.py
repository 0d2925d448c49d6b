"""The model-based test of the whole sale: services, postman, plain model, checks and the story's rules."""
