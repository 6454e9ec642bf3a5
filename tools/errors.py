"""What goes wrong in a command, told to a person.

Exception
└── ToolError        the command could not do its work (exit code 1)

Wrong use of a command is Typer's own `BadParameter` (exit code 2).
"""


class ToolError(Exception):
    """A command failed; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
