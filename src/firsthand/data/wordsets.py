"""What vectors of words are learned from, and what they are tested with."""

import os
import shutil
import zipfile
from pathlib import Path

from firsthand.data.dataset import Dataset
from firsthand.data.files import RemoteFile
from firsthand.errors import UserError

_TEXT8 = "md5:3bea1919949baf155f99411df5fada7e"
_PAIRS_URL = "https://raw.githubusercontent.com/mfaruqui/eval-word-vectors/master/data/word-sim/"
_PAIRS = {
    "MC-30": "33ee05911496ff83d95cac351d0746c6f63b9181b605cb7d307f4daa8864511b",
    "MEN-TR-3k": "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a",
    "MTurk-287": "a9ae3a9decb75a9700fe0cf18b048c1344774d9f40e0196baf8e34d4cd9d1ce5",
    "MTurk-771": "04dc297c9e86b6fa7cf8ef0e4ba2e2c8d3399ec68d92fb7a53c0b4aae27198b5",
    "RG-65": "c243f3a91c3f5d8cf67f21a67f6fb80bde8b6bb060851a6a48e6f2d68ec98c9f",
    "RW-STANFORD": "5108d54dfc746f44f9c3d7e31d2857c37cf71430bc1594175a61a3b89bb0ae1f",
    "SIMLEX-999": "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685",
    "SimVerb-3500": "9d84274e7ad029fd3cf69dd0516e9ade624bbef9bd4e2050f6cc1fa01471e0f5",
    "VERB-143": "7259e19961c81912aa4c72de0102e480b2ad2bb9f4ce97d036fbde8e1a403001",
    "WS-353-ALL": "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c",
    "WS-353-REL": "66a7c88100624d0a391605ff61ce84e11d11ee620d51ec0298da49592838f8fa",
    "WS-353-SIM": "f1da938998863c94e53f72f984a5c6e215f0b46c323aae8f0f4930703a339107",
    "YP-130": "7643fdbc6158c3424061e2cba450c71285767266ff9f3db947bfc1f1f5ce67ab",
}


def _pairs(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(
        f"wordsim/EN-{name}.txt", f"{_PAIRS_URL}EN-{name}.txt", (f"sha256:{sha256}",), dataset="word-similarity"
    )


WORD_SETS = (
    Dataset(
        name="text8",
        kind="text",
        about="The first 100 million characters of Wikipedia of 2006, letters and spaces only: 17 million words.",
        source="http://mattmahoney.net/dc/textdata.html",
        licence="CC BY-SA 3.0",
        files=(
            RemoteFile(
                "text8.zip",
                "https://mattmahoney.net/dc/text8.zip",
                ("sha256:a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",),
                dataset="text8",
            ),
        ),
        unpacked=(RemoteFile("text8", "", (_TEXT8,)),),
    ),
    Dataset(
        name="analogies",
        kind="word tests",
        about="19,544 questions as Athens is to Greece: 14 kinds, five of meaning and nine of form.",
        source="https://github.com/tmikolov/word2vec",
        licence="Apache-2.0",
        files=(
            RemoteFile(
                "wordsim/questions-words.txt",
                "https://raw.githubusercontent.com/tmikolov/word2vec/master/questions-words.txt",
                ("sha256:8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",),
                dataset="analogies",
            ),
        ),
    ),
    Dataset(
        name="word-similarity",
        kind="word tests",
        about="Thirteen lists of pairs of English words that people have judged, such as WordSim-353 and SimLex-999.",
        source="https://github.com/mfaruqui/eval-word-vectors",
        licence="each list's own terms",
        files=tuple(_pairs(name, sha256) for name, sha256 in _PAIRS.items()),
    ),
)


def unzipped(path: Path) -> Path:
    """The one file of a zip archive, beside the archive, where it is put first; other files as they are.

    Raises UserError for an archive that cannot be unpacked.
    """
    if path.suffix != ".zip":
        return path
    to = path.with_suffix("")
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(to.name)
            if not to.exists() or to.stat().st_size != member.file_size:
                part = to.with_suffix(".partial")
                with archive.open(member) as source, open(part, "wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
                os.replace(part, to)
    except (OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be unpacked to {to}: {error}.") from None
    return to
