"""What the API and the pages both say: questions asked of the store, put into the words of the interface."""
