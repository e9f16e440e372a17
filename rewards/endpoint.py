"""A scorer that asks a judge behind an OpenAI-compatible endpoint. Standard library only.

The judged text is data that may try to talk to the judge. It is put between marks that hold a digest of it, so that it
cannot close them; what a judge makes of "give me a 10" inside them is the judge's affair. Check the judge on such text.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from rewards.base import RewardError, Verdict
from rewards.functions import describe
from rewards.scorers import Item, require_int, require_number

MAX_REPLY_BYTES = 1_000_000
_PLACE = re.compile(r"\{(prompt|completion|first|second|reference)\}")
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class JudgeEndpoint:
    """A scorer for `Preference` that asks a chat model and reads a number out of its reply.

    The template holds `{prompt}` and `{completion}`, or for pairs `{first}` and `{second}`, and `{reference}` where
    wanted: the text of `reference[reference_key]`. The last match of `reply` in the reply counts. Its group is a number
    from `lowest` to `highest`, mapped to 0 to 1, or a key of `words`, such as `{A: 1, B: 0, tie: 0.5}` for pairs.

    A reply without a match or outside the range, no reply in time, a judge that is busy or broken (HTTP 408, 409, 425,
    429, 500, 502, 503, 504): each is asked again, up to `retries` times, and then FAILED with the reason. Any other
    refusal is FAILED at once. Where a busy judge says how long to wait (`Retry-After`), that long, but no longer than
    `timeout_s`.

    >>> judge = JudgeEndpoint(
    ...     url="http://127.0.0.1:8000/v1", model="gemma-3-27b-it", reply=r"Score: (\\d+)", lowest=1, highest=10,
    ...     template="Rate the answer from 1 to 10. End with 'Score: N'.\\n{prompt}\\n{completion}",
    ... )
    >>> judge.read("Good. Score: 10")
    1.0
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        template: str,
        reply: str,
        lowest: float = 0.0,
        highest: float = 1.0,
        words: Mapping[str, float] | None = None,
        reference_key: str = "answer",
        api_key_env: str = "",
        max_tokens: int = 1024,
        timeout_s: float = 60.0,
        retries: int = 3,
        backoff_s: float = 1.0,
        num_threads: int = 8,
    ) -> None:
        """Takes where and what to ask, and how to read the reply.

        Args:
            url: the endpoint's base, up to `/v1`; `/chat/completions` is added.
            template: the user turn that the judge gets.
            reply: a regular expression with one group.
            lowest: the number that means 0.
            highest: the number that means 1.
            words: what replies in words mean, without regard to case; None reads numbers.
            reference_key: which field of the reference data `{reference}` stands for.
            api_key_env: the environment variable with the key; empty sends none.
            max_tokens: the longest reply, in tokens.
            timeout_s: seconds for one attempt.
            retries: further attempts.
            backoff_s: seconds before the first further attempt; doubled each time.
            num_threads: requests under way at the same time.

        Raises:
            RewardError: naming the option that makes no sense. The endpoint is not asked yet.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise RewardError(
                f"JudgeEndpoint: url is {url!r}; give an http(s) address such as http://127.0.0.1:8000/v1"
            )
        if not isinstance(model, str) or not model:
            raise RewardError(f"JudgeEndpoint: model is {model!r}; give the name that the endpoint serves")
        places = set(_PLACE.findall(template))
        if places & {"completion", "first", "second"} not in ({"completion"}, {"first", "second"}):
            raise RewardError(
                f"JudgeEndpoint: the template has {sorted(places)}; give {{completion}}, or {{first}} and {{second}}"
            )
        if api_key_env and api_key_env not in os.environ:
            raise RewardError(f"JudgeEndpoint: the environment variable {api_key_env!r} is not set; set it to the key")
        require_number(lowest, "JudgeEndpoint: lowest")
        require_number(highest, "JudgeEndpoint: highest", above=lowest)
        require_number(timeout_s, "JudgeEndpoint: timeout_s", above=0.0)
        require_number(backoff_s, "JudgeEndpoint: backoff_s", at_least=0.0)
        require_int(max_tokens, "JudgeEndpoint: max_tokens", 1)
        require_int(retries, "JudgeEndpoint: retries", 0)
        require_int(num_threads, "JudgeEndpoint: num_threads", 1)
        for word, value in (words or {}).items():
            require_number(value, f"JudgeEndpoint: the value of {word!r}")
        self.pattern = _pattern(reply)
        self.url, self.model, self.template, self.for_pairs = url.rstrip("/"), model, template, "first" in places
        self.lowest, self.highest, self.reference_key = lowest, highest, reference_key
        self.words = {word.casefold(): float(value) for word, value in words.items()} if words else None
        self.api_key_env, self.max_tokens, self.timeout_s = api_key_env, max_tokens, timeout_s
        self.retries, self.backoff_s, self.num_threads = retries, backoff_s, num_threads

    def __call__(self, items: Sequence[Item]) -> list[float | Verdict]:
        with ThreadPoolExecutor(self.num_threads, thread_name_prefix="judge") as threads:
            return list(threads.map(self._score, items))

    def _score(self, item: Item) -> float | Verdict:
        """The judge's number, or a failure that says what went wrong last."""
        if isinstance(item, tuple) != self.for_pairs:
            return Verdict.failed("the template is for pairs and `pairwise` is not set, or the other way round")
        fault, asked_to_wait_s = "", 0.0
        for attempt in range(self.retries + 1):
            if attempt:
                time.sleep(max(self.backoff_s * 2 ** (attempt - 1), asked_to_wait_s))
                asked_to_wait_s = 0.0
            try:
                return self.read(self._ask(self.request_text(item)))
            except urllib.error.HTTPError as error:
                with error:
                    fault = f"HTTP {error.code} {error.reason}{_page(error)}"
                if error.code not in _RETRIED:
                    break
                asked_to_wait_s = min(_wait_s(error.headers.get("Retry-After")), self.timeout_s)
            except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:  # the last: JSON too deep
                fault = describe(error)
        return Verdict.failed(f"the judge at {self.url}: {fault}")

    def request_text(self, item: Item) -> str:
        """What the judge is asked about a sample or a pair."""
        first, second = item if isinstance(item, tuple) else (item, item)
        parts = {
            "prompt": _fenced(first.prompt),
            "completion": _fenced(first.completion),
            "first": _fenced(first.completion),
            "second": _fenced(second.completion),
            "reference": _fenced(str(first.reference.get(self.reference_key, ""))),
        }
        # One pass over the template only, so that "{prompt}" inside a completion stays what it is.
        return _PLACE.sub(lambda place: parts[place[1]], self.template)

    def read(self, reply: str) -> float:
        """The value that a reply stands for. Raises ValueError when it holds none, or one out of range."""
        found = self.pattern.findall(reply)
        if not found:
            raise ValueError(f"no {self.pattern.pattern!r} in the reply {reply[-100:]!r}")
        if self.words is not None:
            if found[-1].casefold() not in self.words:
                raise ValueError(f"the reply says {found[-1][:40]!r}, which is none of {', '.join(self.words)}")
            return self.words[found[-1].casefold()]
        number = float(found[-1])
        if not self.lowest <= number <= self.highest:
            raise ValueError(f"the reply says {number}, which is not between {self.lowest} and {self.highest}")
        return (number - self.lowest) / (self.highest - self.lowest)

    def _ask(self, text: str) -> str:
        """The judge's reply. Raises OSError, HTTPException or ValueError."""
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": text}],
            "temperature": 0.0,
            "max_tokens": self.max_tokens,
        }
        headers = {"Content-Type": "application/json"}
        if self.api_key_env:
            if self.api_key_env not in os.environ:
                raise ValueError(f"the environment variable {self.api_key_env} is not set")
            headers["Authorization"] = f"Bearer {os.environ[self.api_key_env]}"
        request = urllib.request.Request(f"{self.url}/chat/completions", json.dumps(body).encode(), headers)
        deadline = time.monotonic() + self.timeout_s
        with urllib.request.urlopen(request, timeout=self.timeout_s) as response:
            return _content(json.loads(_read(response, deadline)))


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """The whole body, bounded in size and in time also where it drips."""
    chunks, size = list[bytes](), 0
    while chunk := response.read1(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY_BYTES:
            raise ValueError(f"the reply has more than {MAX_REPLY_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the reply took too long")
    return b"".join(chunks)


def _page(error: urllib.error.HTTPError) -> str:
    """The beginning of an error page, where the judge says what it did not like; empty when there is none."""
    try:
        text = " ".join(error.read(4096).decode(errors="replace").split())
    except (OSError, http.client.HTTPException):
        return ""
    return f": {text[:200]}" if text else ""


def _wait_s(retry_after: str | None) -> float:
    """How long a `Retry-After` header asks to wait: seconds, or until a date; 0 when it says nothing."""
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError, OSError):
        return 0.0


def _content(reply: Any) -> str:
    """The text in a chat completion. Raises ValueError when it is none."""
    try:
        content = reply["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"the reply is no chat completion: {str(reply)[:100]}") from None
    if not isinstance(content, str):
        raise ValueError("the reply has no text")
    return content


def _fenced(text: str) -> str:
    mark = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
    return f"<text {mark}>\n{text}\n</text {mark}>"


def _pattern(reply: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(reply)
    except (re.error, TypeError) as error:
        raise RewardError(f"JudgeEndpoint: reply {reply!r} is no regular expression ({error}); give another") from None
    if pattern.groups != 1:
        raise RewardError(f"JudgeEndpoint: reply {reply!r} has {pattern.groups} groups; give one, around the score")
    return pattern
