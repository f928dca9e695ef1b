import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { listings } from '../api/listings';
import type { Picture } from '../api/next';

interface PhotoProps {
  picture: Picture;
  alt: string;
  /** Only its owner may see it: the listing is not live. */
  isPrivate?: boolean;
  className?: string;
  lazy?: boolean;
}

/** A picture of a listing, with its size known before it is there. */
export function Photo({ picture, alt, isPrivate = false, className = 'photo', lazy = true }: PhotoProps) {
  if (isPrivate) return <PrivatePhoto {...{ picture, alt, className }} />;
  return <img className={className} src={picture.url} width={picture.width} height={picture.height} alt={alt} loading={lazy ? 'lazy' : 'eager'} decoding="async" />;
}

/** Fetched with the token, which an image of the page cannot send. */
function PrivatePhoto({ picture, alt, className }: { picture: Picture; alt: string; className: string }) {
  const found = useQuery({
    queryKey: ['picture', picture.url],
    queryFn: ({ signal }) => listings.picture(picture.url, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!found.data) return;
    const made = URL.createObjectURL(found.data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [found.data]);
  if (!url) return <span className={`${className} ${found.isError ? 'photo-lost' : 'skeleton'}`} role="img" aria-label={alt || 'A photo'} />;
  return <img className={className} src={url} width={picture.width} height={picture.height} alt={alt} />;
}
