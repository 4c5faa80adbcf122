"""What marketing and sales agreed: the shape of agreement/, its loader and its lint."""
