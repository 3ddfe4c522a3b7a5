"""Applications of each stack, from their page in the manual on.

They need what ``pip install "ckenum[test-stacks]"`` brings, and run in
``nox -s stacks`` with the wheel as it was built.
"""
