"""The web pages: server-rendered, morphed when something happened. Everything that filters is in the URL."""
