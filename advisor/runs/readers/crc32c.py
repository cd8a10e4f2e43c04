"""The checksum of TFRecord files: CRC-32C, rotated and offset so that stored sums can be summed."""

_POLYNOMIAL = 0x82F63B78
MASK_DELTA = 0xA282EAD8


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


TABLE = tuple(_remainder(byte) for byte in range(256))


def crc32c(data: bytes) -> int:
    """The CRC-32C (Castagnoli, RFC 3720) of `data`."""
    table = TABLE
    checksum = 0xFFFFFFFF
    for byte in data:
        checksum = table[(checksum ^ byte) & 0xFF] ^ (checksum >> 8)
    return checksum ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """A CRC-32C as TFRecord files store it."""
    rotated = (checksum >> 15) | (checksum << 17)
    return (rotated + MASK_DELTA) & 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """The CRC-32C of `data` as TFRecord files store it."""
    return masked(crc32c(data))
