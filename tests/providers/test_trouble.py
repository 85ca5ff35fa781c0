"""The table of errors, row by row: statuses, codes and the words of many servers."""

from __future__ import annotations

import json

import pytest

from bot.providers.trouble import trouble_of
from tests.providers.rig import NOW, heard, row_of

SERVER_ERROR = ("Unavailable", "server_error", True)
OVERLOADED = ("Unavailable", "overloaded", True)
QUOTA, AUTH, GONE = (("Broken", kind) for kind in ("quota", "auth", "gone"))
TOO_LONG, BAD, REFUSED = (
    ("Refused", kind) for kind in ("context_too_long", "bad_request", "refused")
)
BY_STATUS = {
    300: ("Unavailable", "redirected", False),
    304: ("Unavailable", "redirected", False),
    308: ("Unavailable", "redirected", False),
    400: BAD,
    401: AUTH,
    402: QUOTA,
    403: AUTH,
    404: GONE,
    405: GONE,
    407: AUTH,
    408: SERVER_ERROR,
    409: SERVER_ERROR,
    410: GONE,
    413: TOO_LONG,
    418: BAD,
    422: BAD,
    425: SERVER_ERROR,
    429: ("Unavailable", "rate_limited", False),
    500: SERVER_ERROR,
    502: SERVER_ERROR,
    503: OVERLOADED,
    504: SERVER_ERROR,
    524: SERVER_ERROR,
    529: OVERLOADED,
    599: SERVER_ERROR,
}


def error(message: str = "", **more: object) -> str:
    return json.dumps({"error": {"message": message, **more}})


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '{"error": 5}', error("x")])
@pytest.mark.parametrize("status", BY_STATUS)
def test_a_status_has_its_row_whatever_the_body(status, body):
    trouble = trouble_of(heard(body, status), NOW)
    assert row_of(trouble) == BY_STATUS[status]
    assert trouble.request_id == "req_1"


@pytest.mark.parametrize("status", [200, 201, 299])
def test_success_is_no_trouble(status):
    assert trouble_of(heard(error("x", code="invalid_api_key"), status), NOW) is None


@pytest.mark.parametrize(
    ("status", "body", "row"),
    [
        # OpenAI
        (429, error("You exceeded your quota", code="insufficient_quota"), QUOTA),
        (429, error("", type="insufficient_quota", code=None), QUOTA),
        (400, error("Billing hard limit", code="billing_hard_limit_reached"), QUOTA),
        (403, error("No access to model", code="model_not_found"), GONE),
        (400, error("", code="model_not_found"), GONE),
        (400, error("too long", code="context_length_exceeded"), TOO_LONG),
        (429, error("Request too large for gpt-x on TPM: Limit 30000, Requested 31000"), TOO_LONG),
        (400, error("Invalid prompt: your prompt was flagged", code="invalid_prompt"), REFUSED),
        (401, error("", code="invalid_api_key"), AUTH),
        # Azure
        (400, error("x", code="content_filter", innererror={"code": "Filtered"}), REFUSED),
        (400, error("x", innererror={"code": "ResponsibleAIPolicyViolation"}), REFUSED),
        (404, error("x", code="DeploymentNotFound"), GONE),
        # Anthropic
        (400, error("Your credit balance is too low", type="invalid_request_error"), QUOTA),
        (400, error("You have reached your specified API usage limits."), QUOTA),
        (403, error("", type="billing_error"), QUOTA),
        (400, error("This organization has been disabled.", type="invalid_request_error"), AUTH),
        (400, error("prompt is too long: 207310 tokens > 200000 maximum"), TOO_LONG),
        (400, error("input length and `max_tokens` exceed context limit: 1 + 2 > 2"), TOO_LONG),
        (413, error("Request exceeds the maximum size", type="request_too_large"), TOO_LONG),
        (400, error("Output blocked by content filtering policy"), REFUSED),
        (529, error("Overloaded", type="overloaded_error"), OVERLOADED),
        # vLLM, llama.cpp, Ollama, TGI, SGLang, Mistral, Groq, Gemini
        (
            400,
            '{"object": "error", "message": "This model\'s maximum context length is 4096 tokens. '
            'However, you requested 5000", "type": "BadRequestError", "code": 400}',
            TOO_LONG,
        ),
        (
            400,
            error("the request exceeds the available size", type="exceed_context_size_error"),
            TOO_LONG,
        ),
        (400, error("request (5000 tokens) exceeds the available context size (4096)"), TOO_LONG),
        (500, '{"error": "input length exceeds maximum context length"}', TOO_LONG),
        (404, '{"error": "model \\"x\\" not found, try pulling it first"}', GONE),
        (422, error("`inputs` tokens + `max_new_tokens` must be <= 4096"), TOO_LONG),
        (400, error("The input is longer than the model's context length (4096)"), TOO_LONG),
        (400, error("Prompt has 9 tokens, too large for model with 8"), TOO_LONG),
        (400, error("Please reduce the length of the messages or completion."), TOO_LONG),
        (400, f"[{error('The input token count (9) exceeds the maximum number')}]", TOO_LONG),
        (400, f"[{error('API key not valid. Please pass a valid API key.')}]", AUTH),
        (402, error("Insufficient Balance"), QUOTA),
    ],
)  # fmt: skip
def test_what_a_server_says_counts_more_than_its_status(status, body, row):
    assert row_of(trouble_of(heard(body, status), NOW)) == row


@pytest.mark.parametrize(
    "echo",
    [
        "Invalid value: 'your credit balance is too low'",
        "messages.0.content: API key not valid",
        "this organization is fine; this organization has been disabled",
    ],
)
def test_a_customer_cannot_switch_a_model_off_by_words_that_an_error_quotes(echo):
    for status in (400, 422):
        assert row_of(trouble_of(heard(error(echo), status), NOW)) == BAD
        body = json.dumps({"detail": echo, "message": None})
        assert row_of(trouble_of(heard(body, status), NOW)) == BAD


def test_a_server_that_fails_is_not_broken_whatever_it_says():
    """Gateways pass on the words of others with a status of their own."""
    body = error("", code="invalid_api_key")
    assert row_of(trouble_of(heard(body, 502), NOW)) == SERVER_ERROR


@pytest.mark.parametrize("status", [500, 503, 529, 408])
def test_a_server_may_say_that_trying_again_is_no_use(status):
    trouble = trouble_of(heard("", status, x_should_retry="false"), NOW)
    assert row_of(trouble)[2] is False


@pytest.mark.parametrize("status", [429, 503, 529, 500])
def test_how_long_to_wait_is_kept_for_every_status(status):
    trouble = trouble_of(heard("", status, retry_after="7"), NOW)
    assert (trouble.retry_after, trouble.again) == (7.0, True)
