"""The page of methods: what each number is, read from what the computation itself goes by."""
