"""Where tables come from: text files, workbooks, Parquet, frames, databases."""
