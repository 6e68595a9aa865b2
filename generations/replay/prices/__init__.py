"""The gateway's prices for pages: asked for rarely, kept for an hour, never by a viewer."""
