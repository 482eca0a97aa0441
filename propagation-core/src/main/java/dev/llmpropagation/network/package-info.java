/**
 * How a client reaches the network: {@link dev.llmpropagation.network.ProxySettings} for factories and for any
 * OkHttpClient. Everything is set on one client; nothing of the JVM is changed.
 */
@NullMarked
package dev.llmpropagation.network;

import org.jspecify.annotations.NullMarked;
