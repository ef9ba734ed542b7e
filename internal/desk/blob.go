package desk

import "crypto/sha256"

// BlobSum is the name of bytes that are kept: their SHA-256.
type BlobSum [sha256.Size]byte

// BlobSumOf names bytes.
func BlobSumOf(data []byte) BlobSum { return sha256.Sum256(data) }

// Blob is what the database knows of bytes that are kept. Data is nil where they lie elsewhere.
type Blob struct {
	ID    BlobID
	Sum   BlobSum
	Size  int64 // bytes
	Place string
	Data  []byte
}
