package dev.llmpropagation.network;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The blocks of a PEM text; whatever stands between them is a comment. Messages never show what is in a block. */
final class Pem {

    /** Characters of a text. The bundles of whole operating systems have a quarter of it. */
    static final int MAX_LENGTH = 4 * 1024 * 1024;

    private static final String DASHES = "-----";
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final int MAX_LABEL = 40;

    // Errors show labels. The longest word of a known one has 11 letters; a longer one can be part of a key.
    private static final int MAX_WORD = 14;

    private final String source;
    private final List<Block> blocks;

    private Pem(String source, List<Block> blocks) {
        this.source = source;
        this.blocks = blocks;
    }

    /**
     * Looks at each character a fixed number of times, whatever the text is.
     *
     * @param source what the text is, for messages
     * @throws IllegalArgumentException if the text is too long, there is no block, or one has no end or is not base64
     */
    static Pem parse(String source, String text) {
        if (text.length() > MAX_LENGTH) {
            throw tooLong(source);
        }
        List<Block> blocks = new ArrayList<>();
        int begin = text.indexOf(BEGIN);
        while (begin >= 0) {
            String label = label(text, begin + BEGIN.length());
            int next = text.indexOf(BEGIN, begin + BEGIN.length());
            if (label != null) {
                int start = begin + BEGIN.length() + label.length() + DASHES.length();
                String content = content(text, start, label, next < 0 ? text.length() : next);
                if (content == null) {
                    throw new IllegalArgumentException(
                            source + ": the block " + label + " has no -----END line. Copy the file again, whole.");
                }
                blocks.add(block(source, label, content));
            }
            begin = next;
        }
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException(source + " is not PEM: it has no -----BEGIN …----- and -----END …-----."
                    + " For a DER file: openssl x509 -inform der -in FILE -out FILE.pem");
        }
        return new Pem(source, blocks);
    }

    static IllegalArgumentException tooLong(String source) {
        return new IllegalArgumentException(source + " is longer than " + MAX_LENGTH / 1024 / 1024
                + " MiB, which no certificate or key is. Give the file with the certificates.");
    }

    /** Null if this is no line that begins a block, but a comment. */
    private static @Nullable String label(String text, int from) {
        int end = from;
        int word = 0;
        while (end < text.length() && end - from < MAX_LABEL && word <= MAX_WORD && isOfALabel(text.charAt(end))) {
            word = text.charAt(end) == ' ' ? 0 : word + 1;
            end++;
        }
        if (word > MAX_WORD) {
            return null;
        }
        return end > from && text.startsWith(DASHES, end) ? text.substring(from, end) : null;
    }

    private static boolean isOfALabel(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
    }

    /** Null if the block does not end before {@code limit}, where the next one begins. */
    private static @Nullable String content(String text, int from, String label, int limit) {
        int end = text.indexOf(END, from);
        return end >= 0 && end < limit && text.startsWith(label + DASHES, end + END.length())
                ? text.substring(from, end)
                : null;
    }

    private static Block block(String source, String label, String content) {
        if (content.contains("ENCRYPTED")) { // as OpenSSL before 1.0 says it, in a header inside the block
            return new Block("ENCRYPTED " + label, new byte[0]);
        }
        try {
            return new Block(label, Base64.getMimeDecoder().decode(content));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    source + ": the block " + label + " is not base64. Copy the file again, whole.");
        }
    }

    /** @throws IllegalArgumentException if there is none, or one cannot be read */
    List<X509Certificate> certificates() {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals("CERTIFICATE") || block.label.equals("TRUSTED CERTIFICATE")) {
                certificates.add(certificate(block));
            }
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException(source + " holds no certificate, but " + blocks.get(0).label
                    + ". Give the file with -----BEGIN CERTIFICATE-----.");
        }
        return certificates;
    }

    /** @throws IllegalArgumentException if there is none */
    Block privateKey() {
        for (Block block : blocks) {
            if (block.label.endsWith("PRIVATE KEY")) {
                return block;
            }
        }
        throw new IllegalArgumentException(source + " holds no private key, but " + blocks.get(0).label
                + ". Give the file with -----BEGIN PRIVATE KEY-----.");
    }

    private X509Certificate certificate(Block block) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(block.der));
        } catch (CertificateException | RuntimeException e) {
            throw new IllegalArgumentException(
                    source + ": a certificate in it cannot be read. Copy it again, whole.", e);
        }
    }

    /** Not a record: nothing may print a key. */
    static final class Block {
        final String label;
        final byte[] der;

        Block(String label, byte[] der) {
            this.label = label;
            this.der = der;
        }
    }
}
