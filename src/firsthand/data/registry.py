"""The data sets that firsthand knows by name."""

from pathlib import Path
from typing import Literal

from firsthand.data.dataset import Dataset
from firsthand.data.files import RemoteFile, fetch, here
from firsthand.data.wordsets import WORD_SETS
from firsthand.errors import unknown


def _cifar(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(f"cifar-10-batches-bin/{name}.bin", "", (f"sha256:{sha256}",))


_MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"


def _fashion(name: str, packed: str) -> RemoteFile:
    return RemoteFile(f"fashion-mnist/{name}", _FASHION_URL + name, (f"sha256:{packed}",), dataset="fashion-mnist")


def _mnist(name: str, packed: str, content: str) -> RemoteFile:
    """The sums are those of the file as it was published, and of what it holds."""
    return RemoteFile(f"mnist/{name}", _MNIST_URL + name, (f"sha256:{packed}",), (f"sha256:{content}",), "mnist")


_USPS_URL = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"


def _usps(name: str, packed: str, content: str) -> RemoteFile:
    """The sums are those of the file as it was published, and of its digits and pixels, however they are written."""
    sums = (f"md5:{packed}",), (f"sha256:{content}",)
    return RemoteFile(f"usps/{name}", _USPS_URL + name, *sums, "usps", canonical="usps.canonical")


_AMAT_URL = "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"


def _amat(part: str, sha256: str) -> RemoteFile:
    name = f"binarized_mnist_{part}.amat"
    return RemoteFile(f"binarized-mnist/{name}", _AMAT_URL + name, (f"sha256:{sha256}",), dataset="binarized-mnist")


def _made(name: str, sha256: str) -> RemoteFile:
    url = f"https://raw.githubusercontent.com/mgermain/MADE/master/datasets/{name}.npz"
    return RemoteFile(f"made-uci/{name}.npz", url, (f"sha256:{sha256}",), dataset=name)


_MULTI30K_URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"


def _multi30k(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(f"multi30k/{name}.gz", f"{_MULTI30K_URL}{name}.gz", (f"sha256:{sha256}",), dataset="multi30k")


_TATOEBA_2017 = "sha256:16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04"

_ALL = (
    Dataset(
        name="names",
        kind="lines",
        about="First and last names of a country, made up from Faker's lists; 15,000 Indian ones by default.",
        source="https://faker.readthedocs.io",
        licence="MIT",
        embedded=True,
    ),
    Dataset(
        name="makemore-names",
        kind="lines",
        about="The 32,033 first names of Karpathy's makemore lectures, from the lists of the US Social Security.",
        source="https://github.com/karpathy/makemore",
        licence="MIT",
        files=(
            RemoteFile(
                "names.txt",
                "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
                ("sha256:0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",),
                dataset="makemore-names",
            ),
        ),
    ),
    Dataset(
        name="indian-male-names",
        kind="lines",
        about="14,821 Indian male names in lower case, 8,519 of them distinct.",
        source="https://gist.github.com/mbejda/7f86ca901fe41bc14a63",
        licence="none stated",
        files=(
            RemoteFile(
                "Indian-Male-Names.csv",
                "https://gist.githubusercontent.com/mbejda/7f86ca901fe41bc14a63/raw/Indian-Male-Names.csv",
                ("sha256:681ec81c11ab212a646e74a066d8a1216b70310fd74912189216ae2a818c5712",),
                dataset="indian-male-names",
            ),
        ),
        column="name",
    ),
    Dataset(
        name="python-docs",
        kind="text",
        about="The help that Python's own `help()` shows on keywords and topics, about 465,000 characters.",
        source="https://docs.python.org/3/reference",
        licence="PSF",
        embedded=True,
    ),
    Dataset(
        name="timemachine",
        kind="text",
        about="H. G. Wells, The Time Machine (1895): 178,979 characters, the text of Dive into Deep Learning.",
        source="https://d2l.ai/chapter_recurrent-neural-networks/text-sequence.html",
        licence="public domain",
        files=(
            RemoteFile(
                "timemachine.txt",
                "https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
                ("sha256:8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",),
                dataset="timemachine",
            ),
        ),
    ),
    Dataset(
        name="tinyshakespeare",
        kind="text",
        about="40,000 lines of Shakespeare's plays, 1,115,394 characters, Karpathy's char-rnn text.",
        source="https://github.com/karpathy/char-rnn",
        licence="public domain",
        files=(
            RemoteFile(
                "tinyshakespeare.txt",
                "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                ("sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",),
                dataset="tinyshakespeare",
            ),
        ),
    ),
    Dataset(
        name="brown",
        kind="tagged text",
        about="The Brown corpus: 500 samples of American English of 1961 in 15 genres, every word tagged.",
        source="http://www.hit.uib.no/icame/brown/bcm.html",
        licence="distributed with the permission of the copyright holder, redistribution permitted",
        files=(
            RemoteFile(
                "brown.zip",
                "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/brown.zip",
                ("sha256:9b275f9b3b95d7bd66ccfb7cd259f445a13bbe5d1f4107aba09fd3e8364bafa6",),
                dataset="brown",
            ),
        ),
    ),
    Dataset(
        name="multi30k",
        kind="pairs",
        about="31,014 descriptions of photographs in English, German and French: 29,000 to train, 1,000 to test.",
        source="https://github.com/multi30k/dataset",
        licence="CC BY-NC-SA 4.0",
        languages=("en", "de", "fr"),
        files=(
            _multi30k("train.en", "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
            _multi30k("train.de", "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
            _multi30k("train.fr", "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c"),
            _multi30k("val.en", "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
            _multi30k("val.de", "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
            _multi30k("val.fr", "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9"),
            _multi30k("test_2016_flickr.en", "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"),
            _multi30k("test_2016_flickr.de", "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"),
            _multi30k("test_2016_flickr.fr", "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90"),
        ),
    ),
    Dataset(
        name="fra-eng",
        kind="pairs",
        about="Short English sentences and their French translations by volunteers of Tatoeba, the easiest first.",
        source="https://tatoeba.org",
        licence="CC BY 2.0 FR",
        languages=("en", "fr"),
        files=(
            RemoteFile(
                "fra-eng.zip",
                "https://d2l-data.s3-accelerate.amazonaws.com/fra-eng.zip",
                ("sha1:94646ad1522d915e7b0f9296181140edcf86a4f5",),
                dataset="fra-eng",
            ),
        ),
        unpacked=(RemoteFile("fra-eng-2017.zip", "", (_TATOEBA_2017,)),),
    ),
    Dataset(
        name="numbers",
        kind="pairs",
        about="Whole numbers below a million in digits or in words of 40 languages, made by num2words.",
        source="https://github.com/savoirfairelinux/num2words",
        licence="LGPL 2.1",
        embedded=True,
        languages=("digits", "en"),
    ),
    Dataset(
        name="dates",
        kind="pairs",
        about="Dates as people write them in any language that Babel knows, and as 1942-03-17.",
        source="https://babel.pocoo.org",
        licence="BSD",
        embedded=True,
        languages=("en", "iso"),
    ),
    Dataset(
        name="digits",
        kind="images",
        about="1,797 handwritten digits of 8x8 pixels from scikit-learn, enlarged to MNIST's 28x28.",
        source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        licence="CC BY 4.0",
        embedded=True,
        loader="images.load_digits",
        reader="pictures.as_digit",
    ),
    Dataset(
        name="mnist",
        kind="images",
        about="70,000 handwritten digits of 28x28 pixels, 60,000 to train on and 10,000 to test.",
        source="http://yann.lecun.com/exdb/mnist/",
        licence="CC BY-SA 3.0",
        loader="images.load_mnist",
        reader="pictures.as_digit",
        files=(
            _mnist(
                "train-images-idx3-ubyte.gz",
                packed="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                content="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            _mnist(
                "train-labels-idx1-ubyte.gz",
                packed="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                content="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            _mnist(
                "t10k-images-idx3-ubyte.gz",
                packed="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                content="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            _mnist(
                "t10k-labels-idx1-ubyte.gz",
                packed="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                content="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
    ),
    Dataset(
        name="fashion-mnist",
        kind="images",
        about="70,000 garments of ten kinds, 28x28 pixels, 60,000 to train on and 10,000 to test.",
        source="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
        loader="images.load_fashion_mnist",
        reader="pictures.as_garment",
        files=(
            _fashion("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            _fashion("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            _fashion("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            _fashion("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    Dataset(
        name="cifar10",
        kind="images",
        about="60,000 colour photographs of ten kinds of things, 32x32 pixels, 50,000 to train on and 10,000 to test.",
        source="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none stated",
        loader="cifar.load_cifar10",
        reader="cifar.as_cifar",
        files=(
            RemoteFile(
                "cifar-10-binary.tar.gz",
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                (
                    "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                    "md5:c32a1d4ab5d03f1284b67883e8d87530",
                ),
                dataset="cifar10",
            ),
        ),
        unpacked=(
            _cifar("data_batch_1", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            _cifar("data_batch_2", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            _cifar("data_batch_3", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            _cifar("data_batch_4", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            _cifar("data_batch_5", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            _cifar("test_batch", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ),
    ),
    Dataset(
        name="usps",
        kind="images",
        about="9,298 handwritten digits of zip codes from the mail of Buffalo, 16x16 pixels: 7,291 to train, 2,007 to "
        "test.",
        source="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
        licence="none stated; collected for the U.S. Postal Service",
        loader="usps.load_usps",
        reader="pictures.as_zip_digit",
        files=(
            _usps(
                "usps.bz2",
                packed="ec16c51db3855ca6c91edd34d0e9b197",
                content="2840d87b925227ed879fc92b76e8277187622e6437703a83e913cdf4540eef90",
            ),
            _usps(
                "usps.t.bz2",
                packed="8ea070ee2aca1ac39742fdd1ef5ed118",
                content="0e2b49627b8dcd6973d10b28b8623beae24d4e9f9d9d366ef89ed6d280c8364d",
            ),
        ),
    ),
    Dataset(
        name="binarized-mnist",
        kind="bits",
        about="MNIST's digits in black and white, drawn once for all: the fixed set that papers report on.",
        source="https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
        licence="that of MNIST, CC BY-SA 3.0",
        loader="vectors.load_binarized_mnist",
        reader="pictures.as_digit",
        files=(
            _amat("train", "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"),
            _amat("valid", "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2"),
            _amat("test", "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c"),
        ),
    ),
    Dataset(
        name="frey",
        kind="greys",
        about="1,965 frames of a video of one man's face, 28 rows of 20 pixels; 200 each for validation and to test.",
        source="https://cs.nyu.edu/~roweis/data.html",
        licence="none stated",
        loader="frey.load_frey",
        reader="frey.as_face",
        files=(
            RemoteFile(
                "frey/frey_rawface.mat",
                "https://cs.nyu.edu/~roweis/data/frey_rawface.mat",
                (),
                ("sha256:2438ba4f0d2a6bd8bac43de756141eaa33c8d248dd613d464bdb1210d9b7af78",),
                dataset="frey",
                canonical="frey.canonical",
            ),
        ),
    ),
    Dataset(
        name="dna",
        kind="bits",
        about="3,186 pieces of DNA about a place where a gene may be spliced, 180 bits each, in MADE's split.",
        source="https://archive.ics.uci.edu/dataset/69",
        licence="CC BY 4.0",
        loader="vectors.load_dna",
        files=(_made("dna", "df2d2e7ce1469edfead15e41024e108d64f1b4633cfecfc40ef7107cc22c895c"),),
    ),
    Dataset(
        name="mushrooms",
        kind="bits",
        about="What a guide says of 8,124 mushrooms, 112 bits each, in MADE's split.",
        source="https://archive.ics.uci.edu/dataset/73/mushroom",
        licence="CC BY 4.0",
        loader="vectors.load_mushrooms",
        files=(_made("mushrooms", "4130f1defa3033911fe746a3ab1bb22b0c812bb29e68391a0fbc2d65bab6ae74"),),
    ),
    Dataset(
        name="nips",
        kind="bits",
        about="Which of 500 words are in each of 1,740 papers of NIPS 0 to 12, in MADE's split.",
        source="https://cs.nyu.edu/~roweis/data.html",
        licence="none stated",
        loader="vectors.load_nips",
        files=(_made("nips", "dbf3b659a49670957c0851971bd51ff952a657f010581d12f6c1e2dca8907b20"),),
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (*_ALL, *WORD_SETS)}


def dataset(name: str) -> Dataset:
    """The data set of that name; raises `UserError`, naming the nearest, if there is none."""
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS, "`firsthand data` lists them")
    return DATASETS[name]


def status(dataset: Dataset) -> Literal["embedded", "here", "to download"]:
    """Whether the data set's files are on this machine; they are checked when they are used."""
    if dataset.embedded:
        return "embedded"
    return "here" if all(here(file) for file in sources(dataset)) else "to download"


def sources(dataset: Dataset) -> tuple[RemoteFile, ...]:
    """The files that it is read from: those of its archive where all of them lie here, else what is downloaded."""
    return dataset.unpacked if dataset.unpacked and all(map(here, dataset.unpacked)) else dataset.files


def download(name: str, progress: bool = True) -> list[Path]:
    """Download what is missing of a data set, and again what has the wrong checksum; the paths of all its files."""
    known = dataset(name)
    return [fetch(file, progress, replace=bool(file.url)) for file in sources(known)]
