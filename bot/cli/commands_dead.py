"""x"""

import typer

dead = typer.Typer()


@dead.command("list")
def list_() -> None: ...
