"""Tokens: secrets for scripts and wallboards."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, status

from app.api.auth_permission import actor_of
from app.api.problems import described
from app.api.schemas.account import NewToken, NewTokenShape, TokenShape, token_fields
from app.api.schemas.base import Name
from app.auth.access import Access
from app.auth.displays import topics_of
from app.auth.model import TokenKind

TokenPath = Annotated[Name, Path(description="The token's id.", examples=["7g2k9mpq"])]


def tokens_router(access: Access) -> APIRouter:
    """The operations on tokens."""
    router = APIRouter(prefix="/tokens", tags=["tokens"])
    administration = access.administration

    @router.get("", operation_id="listTokens", summary="All tokens", responses=described("accounts-away"))
    async def list_tokens() -> list[TokenShape]:
        """Every token, the newest first; those that are over as well."""
        return [TokenShape.model_validate(token_fields(token)) for token in await administration.tokens()]

    @router.post(
        "",
        operation_id="addToken",
        summary="A new token",
        status_code=status.HTTP_201_CREATED,
        responses=described("beyond-owner", "wrong-topics", "accounts-away"),
    )
    async def add_token(wanted: NewToken, request: Request) -> NewTokenShape:
        """The answer holds the secret: nobody can tell it again. A token never does more than who made it may do at that moment."""
        is_display = wanted.kind is TokenKind.DISPLAY
        made = await administration.add_token(
            actor_of(request),
            label=wanted.label,
            kind=wanted.kind,
            lasts=timedelta(days=wanted.days),
            permissions=() if is_display else wanted.permissions,
            topics=topics_of(wanted.topics) if is_display else (),
        )
        return NewTokenShape.model_validate({**token_fields(made.token), "secret": made.secret})

    @router.post(
        "/{token_id}/revoke",
        operation_id="revokeToken",
        summary="End a token",
        responses=described("unknown-token", "accounts-away"),
    )
    async def revoke_token(token_id: TokenPath, request: Request) -> TokenShape:
        """It opens nothing any more, and who follows the live stream with it is disconnected. Twice: nothing changes."""
        token = await administration.revoke_token(actor_of(request), token_id)
        return TokenShape.model_validate(token_fields(token))

    return router
