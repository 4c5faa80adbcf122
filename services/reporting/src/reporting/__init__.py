"""How are we doing? Read models, JSON API, web pages."""
