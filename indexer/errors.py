"""The errors that a user can meet. Every message says what is wrong and what to do next.

::

    QingshanError
      x ConfigError            a setting can't be used
      x DocumentError          one bulletin can't be read (the others can)
        + UnsupportedFormatError
        + EmptyDocumentError
        + EncryptedDocumentError
        + NeedsOcrError
        + TransientDocumentError
      x ModelError             the embedding model can't be prepared or loaded
      x SearchIndexError       the index can't be used
        + IndexNotFoundError
        + IndexVersionError
        + ModelMismatchError
        + IndexBusyError
      x QueryError             a question can't be searched for
      x DatasetError           an evaluation dataset can't be read
      x ReceiptError           a receipt can't be used
      x UploadError            a file can't be taken into the inbox
"""


class QingshanError(Exception):
    """Root of all errors raised on purpose by this package.

    Attributes:
        chinese: The message for readers of Chinese; empty where there is none, which is where only those who run the
            program meet it. Every `DocumentError` has one: the page shows why bulletins could not be read.
    """

    def __init__(self, message: str = "", chinese: str = "") -> None:
        super().__init__(message)
        self.chinese = chinese


class ConfigError(QingshanError):
    """A setting has a value that can't be used."""


class DocumentError(QingshanError):
    """One bulletin can't be read; the message says why and what to do about it."""


class UnsupportedFormatError(DocumentError):
    """No loader for this kind of file."""


class EmptyDocumentError(DocumentError):
    """The file holds no text."""


class EncryptedDocumentError(DocumentError):
    """The file is protected by a password."""


class NeedsOcrError(DocumentError):
    """The file holds pictures of text only."""


class TransientDocumentError(DocumentError):
    """The file can't be read for now, by no fault of its own: its disk is away, or the machine is overloaded."""


class ModelError(QingshanError):
    """The embedding model can't be prepared or loaded."""


class SearchIndexError(QingshanError):
    """The index can't be used."""


class IndexNotFoundError(SearchIndexError):
    """There is no index at that place."""


class IndexVersionError(SearchIndexError):
    """The index was made by another version of Qingshan, or with other settings."""


class ModelMismatchError(SearchIndexError):
    """The index was made with another embedding model."""


class IndexBusyError(SearchIndexError):
    """Another process is writing to the index."""


class QueryError(QingshanError):
    """The question can't be searched for."""


class DatasetError(QingshanError):
    """An evaluation dataset can't be read."""


class ReceiptError(QingshanError):
    """A receipt can't be used."""


class UploadError(QingshanError):
    """A file can't be taken into the inbox."""
