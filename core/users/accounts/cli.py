"""`amagara user`: people, from the command line."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from core.data.work import perform
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.rights import grants
from core.users.signin import passwords
from core.web.console import as_system, report_format, say, say_rows

user_commands = AppGroup("user", help="People who sign in.")


@user_commands.command("create")
@click.argument("login")
@click.option("--name", required=True, help="Name of the person, as people say it.")
@click.option("--role", required=True, help="Code of the role, e.g. administrator.")
@click.option("--facility", required=True, help="Code of the facility; the role covers it and all below.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the input.")
@click.option("--invite", is_flag=True, help="Print a one-time link (60 minutes) to choose the password instead.")
@report_format
@as_system
def create(login: str, name: str, role: str, facility: str, password_stdin: bool, invite: bool, form: str) -> None:
    """Make the user LOGIN with a role at a facility; without a further option the password is asked."""
    password = "" if invite else _password(password_stdin)

    def operation() -> tuple[str, str]:
        user = grants.create_with_role(login, name, role, facility)
        if not invite:
            passwords.set_password(user, passwords.judge(user, password))
        return user.login, invitations.invite(user.id) if invite else ""

    made, token = perform(operation)
    link = {"link": f"{current_app.config['BASE_URL'].rstrip('/')}/welcome/{token}"} if token else {}
    say({"user": made, **link}, form)


@user_commands.command("list")
@report_format
@as_system
def list_users(form: str) -> None:
    """List who may sign in: login, name, roles with their places, and who is closed."""
    rows = accounts.overview()
    say({"users": rows}, form) if form == "json" else say_rows(rows)


@user_commands.command("remove-factor")
@click.argument("login")
@report_format
@as_system
def remove_factor(login: str, form: str) -> None:
    """Remove the lost second factor of LOGIN, for whom nobody else can."""
    user_id = accounts.by_login(login).id
    perform(lambda: accounts.remove_factor(user_id).login)
    say({"user": login, "second_factor": False}, form)


def _password(from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer
