"""For development only: real servers, a broker, the outside world, typed events, and a harness for each service."""
