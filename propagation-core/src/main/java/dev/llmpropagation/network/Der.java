package dev.llmpropagation.network;

import java.io.ByteArrayOutputStream;

/**
 * The one piece of DER that Java does not do: a private key in the form of its algorithm (PKCS#1 for RSA, SEC 1 for
 * elliptic curves), as older OpenSSL writes it, becomes PKCS#8.
 */
final class Der {

    private static final byte SEQUENCE = 0x30;
    private static final byte OCTET_STRING = 0x04;
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

    private Der() {}

    /**
     * @param publicKey of the certificate, which names the algorithm and its parameters
     * @param key the key alone
     */
    static byte[] pkcs8(byte[] publicKey, byte[] key) {
        byte[] algorithm = first(publicKey);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(VERSION_0);
        content.writeBytes(algorithm);
        content.writeBytes(element(OCTET_STRING, key));
        return element(SEQUENCE, content.toByteArray());
    }

    /** The first element inside the sequence; these bytes come from Java's own encoder. */
    private static byte[] first(byte[] sequence) {
        int start = headerLength(sequence, 0);
        int end = start + headerLength(sequence, start) + contentLength(sequence, start);
        byte[] element = new byte[end - start];
        System.arraycopy(sequence, start, element, 0, element.length);
        return element;
    }

    private static int headerLength(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        return length < 0x80 ? 2 : 2 + (length & 0x7f);
    }

    private static int contentLength(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        if (length < 0x80) {
            return length;
        }
        int value = 0;
        for (int i = 0; i < (length & 0x7f); i++) {
            value = (value << 8) | (der[at + 2 + i] & 0xff);
        }
        return value;
    }

    private static byte[] element(byte tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
            out.write(0x80 | bytes);
            for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
                out.write(content.length >> shift);
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
