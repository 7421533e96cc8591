"""The accessibility statement: what was tested, what is known to be lacking, whom to tell."""
