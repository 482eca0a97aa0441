package dev.llmpropagation.network;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The blocks of a PEM text; whatever stands between them is a comment. Messages never show what is in a block. */
final class Pem {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private final String source;
    private final List<Block> blocks;

    private Pem(String source, List<Block> blocks) {
        this.source = source;
        this.blocks = blocks;
    }

    /**
     * @param source what the text is, for messages
     * @throws IllegalArgumentException if there is no block, or one is not base64
     */
    static Pem parse(String source, String text) {
        List<Block> blocks = new ArrayList<>();
        for (Matcher matcher = BLOCK.matcher(text); matcher.find(); ) {
            String label = matcher.group(1);
            String content = matcher.group(2);
            if (content.contains("ENCRYPTED")) { // as OpenSSL before 1.0 says it, in a header inside the block
                blocks.add(new Block("ENCRYPTED " + label, new byte[0]));
                continue;
            }
            try {
                blocks.add(new Block(label, Base64.getMimeDecoder().decode(content)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        source + ": the block " + label + " is not base64. Copy the file again, whole.");
            }
        }
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException(source + " is not PEM: it has no -----BEGIN …----- and -----END …-----."
                    + " For a DER file: openssl x509 -inform der -in FILE -out FILE.pem");
        }
        return new Pem(source, blocks);
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
