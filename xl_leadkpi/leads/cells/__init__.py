"""What single cells mean: words, blanks, digits, numbers, dates."""
