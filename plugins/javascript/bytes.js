// Bytes and text: this runtime has no TextEncoder and no Buffer.

export function bytesOfHex(hex) {
    return Uint8Array.from({ length: hex.length / 2 }, (_, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}

export function hexOfBytes(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A text as UTF-8.
export function bytesOfText(text) {
    const escaped = encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Uint8Array.from(escaped, (letter) => letter.charCodeAt(0));
}
